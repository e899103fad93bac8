/** Defines `Letter`, a message on its way through an actor, and `Priority`. */
import type { Subscriber } from 'rxjs'
import type { Scope } from '../lifetime/scope.js'

/**
 * Priority of a letter that waits: a number, or a function that returns one. Higher numbers go first. A function is
 * called for every waiting letter whenever a slot is free, so the priority of a waiting letter may change. The function
 * should be fast and free of side effects.
 */
export type Priority = number | (() => number)

/** A message to an actor, with the subscriber that receives the reply. */
export interface Letter<Msg, Reply> {
  readonly message: Msg
  /** Receives the reply. */
  readonly asker: Subscriber<Reply>
  /** Scope of the request, or of the actor if the request has none. */
  readonly scope: Scope
  /** Undefined is 0. */
  readonly priority: Priority | undefined
  /** Group that shares the slots with other groups: see `ActorOptions.group`. */
  readonly group?: object | undefined
  /** Number of the current attempt, from 1. */
  attempt: number
}
