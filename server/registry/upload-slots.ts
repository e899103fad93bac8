/** Bounds the number of blobs that are sent at the same time. */

/** Slots for the bodies of blobs. All addresses of a server share them. */
export class UploadSlots {
  #used = 0

  /** @param max number of bodies that are sent at the same time */
  constructor(readonly max: number) {}

  /** Number of bodies that are being sent. */
  get used(): number {
    return this.#used
  }

  /** Takes a slot. Returns the function that frees it, or undefined if none is free. */
  take(): (() => void) | undefined {
    if (this.#used >= this.max) return undefined
    this.#used++
    let isFree = false
    return () => {
      if (isFree) return
      isFree = true
      this.#used--
    }
  }
}
