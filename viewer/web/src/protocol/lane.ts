/**
 * The lanes of a link, generated from the Rust table: change nothing here, see
 * `protocol/tests/typescript.rs`.
 */

/** The number of a lane. */
export type Lane = (typeof LANE)[keyof typeof LANE];

/** Their numbers on the wire. */
export const LANE = {
  control: 0,
  input: 1,
  motion: 2,
  update: 3,
  feedback: 4,
} as const;

/** The longest message of each, in bytes: checked before memory is taken. */
export const MAX_MESSAGE: Readonly<Record<Lane, number>> = {
  0: 1048576,
  1: 65536,
  2: 1150,
  3: 33554432,
  4: 1150,
};

/** Whether messages may be lost: a later one stands for those before it. */
export const LOSSY: Readonly<Record<Lane, boolean>> = {
  0: false,
  1: false,
  2: true,
  3: false,
  4: true,
};

/** Whether the host sends on them. */
export const TO_VIEWER: Readonly<Record<Lane, boolean>> = {
  0: true,
  1: false,
  2: false,
  3: true,
  4: false,
};
