/** Lanes: the ordering and reliability classes inside a link. How each link carries them is the link's business. */

export const LANE = { control: 0, input: 1, motion: 2, update: 3, feedback: 4 } as const;
/** The number of a lane. */
export type Lane = (typeof LANE)[keyof typeof LANE];

/** The longest message of each lane, in bytes: checked before memory is taken. */
export const MAX_MESSAGE: Readonly<Record<Lane, number>> = {
  0: 1 << 20,
  1: 64 << 10,
  2: 1150,
  3: 32 << 20,
  4: 1150,
};
