//! A network in between, for any program and any protocol: the host runs in a network namespace of its own,
//! and the only way to it leads through a router that delays, limits and loses packets as is asked.
//!
//! ```text
//! this machine ──veth── router namespace (netfilter queue) ──veth── far namespace: COMMAND
//! ```
//!
//! Packets are held in the router's FORWARD chain, behind both senders' own queues, so that TCP sees a
//! network and not a busy device. Nothing of this machine's own network is changed but for one interface,
//! which goes with the namespaces.
//!
//! Where root's rights are too much to ask and UDP is enough, [`Proxy`] is such a network in user space.

mod proxy;
mod queue;
mod shape;
mod space;

pub use proxy::Proxy;
pub use shape::{Shape, Wire};
pub use space::{Network, missing};
