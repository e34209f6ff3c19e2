//! Repeats what the network lost, beside SCTP, whose timers wait for a second and more; without IO and
//! clocks.
//!
//! Every message of a reliable channel has a number. What arrives by any of three ways takes its place in
//! order, once:
//!
//! 1. The message itself, on its channel.
//! 2. [`duplicates`]: a small message goes again on the unreliable channel a moment later, so that a lost key
//!    press is not felt. They and counts also tell the other end which numbers there are.
//! 3. [`retransmit`]: what is still missing after a while is asked for, and sent again in parts of a packet
//!    each.
//!
//! [`in_order`] puts the three together at the receiving end. [`fragments`] cuts large messages, so that
//! nothing urgent waits behind them. `viewer/web/src/link/arq/` is the same in TypeScript, under the
//! same names.

pub(crate) mod duplicates;
pub(crate) mod fragments;
pub(crate) mod in_order;
pub(crate) mod retransmit;
