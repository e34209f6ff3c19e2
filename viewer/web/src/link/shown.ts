/**
 * Pictures of videos that the browser decodes itself, for engines without `VideoDecoder`: what its video
 * elements show.
 */

/** A picture, and to which RTP time stamp it belongs. */
export interface ShownPicture {
  slot: number;
  timestamp: number;
  picture: ImageBitmap;
}

/** Watches the videos of one peer connection. */
export class Shown {
  private readonly videos: HTMLVideoElement[] = [];

  constructor(private readonly tell: (shown: ShownPicture) => void) {}

  /** Whether this engine can tell which frame it shows. */
  static works(): boolean {
    return "requestVideoFrameCallback" in HTMLVideoElement.prototype;
  }

  /** Tells of every frame of a track from now on. */
  watch(slot: number, track: MediaStreamTrack): void {
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    this.videos.push(video);
    const next: VideoFrameRequestCallback = (_, { rtpTimestamp }) => {
      video.requestVideoFrameCallback(next);
      if (rtpTimestamp !== undefined) void this.take(slot, rtpTimestamp, video);
    };
    video.requestVideoFrameCallback(next);
    // It plays once something comes; until then there is nothing to complain about.
    video.play().catch(() => undefined);
  }

  /** Watches no more. */
  close(): void {
    for (const video of this.videos) video.srcObject = null;
    this.videos.length = 0;
  }

  private async take(slot: number, timestamp: number, video: HTMLVideoElement): Promise<void> {
    try {
      this.tell({ slot, timestamp, picture: await createImageBitmap(video) });
    } catch {
      // A frame that cannot be read is one that was lost.
    }
  }
}
