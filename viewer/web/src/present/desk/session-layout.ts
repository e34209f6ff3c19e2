/**
 * The layout of one session's windows: whether it is this page's to decide, what it wants, and where windows
 * stood before.
 */

import type { Session } from "../../page/session";
import { Places, type Store } from "../model/places";
import { Wishes } from "../model/wishes";
import { Seat } from "./seat";

export class SessionLayout {
  readonly wishes: Wishes;
  readonly seat: Seat;
  readonly places: Places;
  /** Whether the host has said who has the seat since this page was told all windows. */
  private settled = false;

  constructor(
    session: Session,
    store: Store | null,
    /** Lays the session's windows out anew. */
    private readonly rearrange: () => void,
  ) {
    this.wishes = new Wishes((track, configure) => session.send({ do: "configure", track, configure }));
    this.seat = new Seat((command) => session.send(command));
    this.places = new Places(store, session.id === 0 ? "" : session.api.origin);
  }

  /** There is a link. Who has the seat is said once all windows are told. */
  begin(session: string, mayControl: boolean): void {
    this.places.begin(session);
    this.seat.attainable = mayControl;
    this.settled = false;
    if (mayControl) this.wishes.again();
    else this.wishes.clear();
  }

  /** The host says whether this page has the seat: whoever has it lays windows out. */
  handleSeat(held: boolean): void {
    this.seat.heard(held, () => this.settle());
  }

  private settle(): void {
    const before = this.wishes.mayWish;
    this.wishes.mayWish = this.seat.held;
    // Until now windows were as another wanted them, and the host has begun to make them as they were here.
    if (this.seat.held && !before && this.settled) this.wishes.insist(this.rearrange);
    else if (this.seat.held !== before) this.rearrange();
    this.settled = true;
  }

  forget(track: number): void {
    this.wishes.forget(track);
    this.places.forget(track);
  }
}
