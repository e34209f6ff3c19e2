/** How much to repeat. */
export class Effort {
  constructor(private readonly quick: boolean) {}

  /** `full` repetitions or seconds, or a fifth of them. */
  of(full: number): number {
    return this.quick ? Math.ceil(full / 5) : full;
  }
}
