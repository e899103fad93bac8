/** Remembers how fast each place sent blobs, so that a place that falls behind is noticed. */

/** Bytes below which a transfer says nothing about the rate. */
const minBytes = 256 * 1024

/** A place is behind if it sends less than this part of the rate of another place. */
const behindFraction = 0.25

/** The rates of places in bytes per second, by host. */
export class PlaceRates {
  readonly #rates = new Map<string, number>()

  /** Records a transfer. @param milliseconds - time in which the reader waited for bytes */
  record(host: string, bytes: number, milliseconds: number): void {
    if (bytes >= minBytes && milliseconds > 0) this.#rates.set(host, (bytes / milliseconds) * 1000)
  }

  /** Reports whether a transfer from `host` is much slower than others from one of `hosts` have been. */
  isBehind(
    host: string,
    { bytes, milliseconds }: { readonly bytes: number; readonly milliseconds: number },
    hosts: readonly string[],
  ): boolean {
    const others = hosts.filter((each) => each !== host).map((each) => this.#rates.get(each) ?? 0)
    return (bytes / Math.max(1, milliseconds)) * 1000 < behindFraction * Math.max(0, ...others)
  }
}
