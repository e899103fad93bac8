/** Lets messages be written to a terminal on which progress is drawn: the drawing is taken away for them, and drawn again below. */
import type { Writable } from 'node:stream'

/** A drawing on a stream. */
export interface Drawing {
  /** Takes the drawing away. It is not drawn before as many calls of `show`. */
  hide(): void
  /** Draws again what was hidden. */
  show(): void
}

const drawings = new WeakMap<Writable, Drawing>()

/** Sets the drawing of `stream`, or removes it. */
export function setDrawing(stream: Writable, drawing: Drawing | undefined): void {
  if (drawing) drawings.set(stream, drawing)
  else drawings.delete(stream)
}

/** Writes `text`, which ends with a line break, above the drawing of `stream`, if there is one. */
export function writeAbove(stream: Writable, text: string): void {
  const drawing = drawings.get(stream)
  drawing?.hide()
  stream.write(text)
  drawing?.show()
}
