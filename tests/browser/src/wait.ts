/** Waiting for conditions. Nothing sleeps: every wait is for a fact and has a deadline. */

/** How long a condition may take on a busy machine before its test fails, in milliseconds. */
export const PATIENCE = 20_000;

const PAUSE = 40;

/** Waits until `probe` answers something, and answers that. Errors of the probe count as "not yet". */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  patience = PATIENCE,
): Promise<T> {
  const deadline = Date.now() + patience;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (Date.now() > deadline) {
      const why = last instanceof Error ? `: ${last.message}` : "";
      throw new Error(`waited ${patience / 1000} s for ${what}, in vain${why}`);
    }
    await pause(PAUSE);
  }
}

/** What no waiting mends. */
export class Hopeless extends Error {}

/** Waits until `read` answers `wanted`; the failure says what it answered instead. */
export async function settles<T>(
  what: string,
  read: () => Promise<T> | T,
  wanted: (value: T) => boolean,
  patience = PATIENCE,
): Promise<T> {
  let last: T | undefined;
  try {
    const found = await until(
      what,
      async () => {
        last = await read();
        return wanted(last) ? { value: last } : null;
      },
      patience,
    );
    return found.value;
  } catch (error) {
    throw new Error(`${(error as Error).message}; the last was ${JSON.stringify(last)}`);
  }
}

/**
 * The time between two looks, and the pace of somebody who types. Not a way to wait for something to have
 * happened.
 */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
