/**
 * A web server of somebody else on the same machine: other port, so other origin, but the same site for
 * cookies.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Foreign {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  /** Serves `html` at every path, with these headers. */
  static async start(html: string, headers: Record<string, string> = {}): Promise<Foreign> {
    const server = createServer(certificate(), (_, response) => {
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", ...headers });
      response.end(html);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return new Foreign(server, `https://127.0.0.1:${port}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A self-signed certificate that is made anew for every run. */
export function certificate(): { key: string; cert: string } {
  const directory = mkdtempSync(join(tmpdir(), "dormer-certificate-"));
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const subject = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  const made = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  rmSync(directory, { recursive: true });
  return made;
}
