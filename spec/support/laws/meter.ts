/** Counts the operations that are in progress on a store, a source or a pool. */
import { isPromise } from '../../../lib/flow/lifetime/promised.js'

type Method = (...values: unknown[]) => unknown

export class Meter {
  /** Number of promises that methods of watched objects have returned and that have not settled. */
  inProgress = 0

  /** Returns `target` with its methods counted, and those of the objects in its properties `parts`. */
  watch<T extends object>(target: T, ...parts: readonly (keyof T)[]): T {
    return new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value === 'function') return this.#counted(target, value as Method)
        return parts.includes(key as keyof T) ? this.watch(value as object) : value
      },
    })
  }

  #counted(target: object, method: Method): Method {
    return (...values) => {
      const result = method.apply(target, values)
      if (!isPromise(result)) return result
      this.inProgress++
      const settled = (): void => {
        this.inProgress--
      }
      result.then(settled, settled)
      return result
    }
  }
}
