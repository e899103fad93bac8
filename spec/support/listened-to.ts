/** Which signals are listened to: none of them is to be, once the work is over. */
import { getEventListeners } from 'node:events'
import { onTestFinished } from 'vitest'

/** How many listeners there are, of all signals that were listened to between this call and the present one. */
export function listenedTo(): () => number {
  const original = Object.getOwnPropertyDescriptor(EventTarget.prototype, 'addEventListener')!
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the target that it is called on
  const add = EventTarget.prototype.addEventListener
  const heard = new Set<EventTarget>()
  EventTarget.prototype.addEventListener = function (this: EventTarget, ...values: Parameters<typeof add>) {
    if (this instanceof AbortSignal) heard.add(this)
    add.apply(this, values)
  }
  onTestFinished(() => void Object.defineProperty(EventTarget.prototype, 'addEventListener', original))
  return () => {
    if (heard.size === 0) throw new Error('Nothing was listened to')
    return [...heard].reduce((count, signal) => count + getEventListeners(signal, 'abort').length, 0)
  }
}
