/** Provides `compose`, which combines several stages into one. */
import type { Flow, Stage } from './flow.js'

/** Combines stages into one stage that passes each element through all of them in order. */
export function compose<A>(): Stage<A, A>
export function compose<A, B>(a: Stage<A, B>): Stage<A, B>
export function compose<A, B, C>(a: Stage<A, B>, b: Stage<B, C>): Stage<A, C>
export function compose<A, B, C, D>(a: Stage<A, B>, b: Stage<B, C>, c: Stage<C, D>): Stage<A, D>
export function compose<A, B, C, D, E>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
): Stage<A, E>
export function compose<A, B, C, D, E, F>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
  e: Stage<E, F>,
): Stage<A, F>
export function compose<A, B, C, D, E, F, G>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
  e: Stage<E, F>,
  f: Stage<F, G>,
): Stage<A, G>
export function compose<A, B, C, D, E, F, G, H>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
  e: Stage<E, F>,
  f: Stage<F, G>,
  g: Stage<G, H>,
): Stage<A, H>
export function compose<A, B, C, D, E, F, G, H, I>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
  e: Stage<E, F>,
  f: Stage<F, G>,
  g: Stage<G, H>,
  h: Stage<H, I>,
): Stage<A, I>
// All stages are assignable to Stage<never, unknown>; the overloads above check that they fit together.
export function compose(...stages: readonly Stage<never, unknown>[]): Stage<never, unknown> {
  return (input) => stages.reduce<Flow<unknown>>((flow, stage) => stage(flow as Flow<never>), input)
}
