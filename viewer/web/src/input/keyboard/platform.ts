/** What cannot be asked of a browser, only known. */

export interface Platform {
  /** Cmd and Option keys; releases under Cmd are not told. */
  readonly mac: boolean;
  /** AltGr comes with a Ctrl that nobody pressed. */
  readonly windows: boolean;
  /** Copying is allowed only while a gesture is handled. */
  readonly webkit: boolean;
}

/** Reads the browser's own description. iPads call themselves Macs, and have the same keyboards. */
export function detectPlatform(navigator: { userAgent: string; platform?: string }): Platform {
  const { userAgent, platform = "" } = navigator;
  return {
    mac: /Mac|iPhone|iPad|iPod/.test(platform),
    windows: platform.startsWith("Win"),
    webkit: /AppleWebKit/.test(userAgent) && !/Chrom(e|ium)|Edg/.test(userAgent),
  };
}
