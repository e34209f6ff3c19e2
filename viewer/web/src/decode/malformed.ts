/**
 * An update that cannot be applied: this copy of the track has nothing in common with the host's any more.
 */
export class Malformed extends Error {
  override readonly name = "Malformed";
}
