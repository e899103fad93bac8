/** Defines `Letter`, a message that an actor has to answer, and `Priority`. */
import type { Subscriber } from 'rxjs'
import type { Scope } from '../lifetime/scope.js'

/**
 * Priority of a waiting letter: a number, or a function that returns one. Higher numbers go first. A function is called
 * whenever a slot is free, so the priority may change while the letter waits. It should be fast and have no side
 * effects.
 */
export type Priority = number | (() => number)

/** A message to an actor, with the subscriber that receives the reply. */
export interface Letter<Msg, Reply> {
  readonly message: Msg
  /** Receives the reply. */
  readonly requester: Subscriber<Reply>
  /** Scope of the request, or of the actor if the request has none. */
  readonly scope: Scope
  /** Default: 0. */
  readonly priority: Priority | undefined
  /** Group of the message. The groups divide the slots among themselves: see `ActorOptions.group`. */
  readonly group?: object | undefined
  /** Number of the current attempt, from 1. */
  attempt: number
}
