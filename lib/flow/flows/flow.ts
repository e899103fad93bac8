/** A stream that can be paced: it emits only what its reader asked for. The unit that stages are put between. */
import { type Observable, of } from 'rxjs'
import { type BufferOptions, buffered } from './buffered.js'
import { type Open, contract } from './contract.js'
import { iterate } from './iterate.js'
import { limit } from './limit.js'
import { Scope } from '../lifetime/scope.js'

/** A cold stream that emits no more than it was asked for, and nothing before. It can be read any number of times. */
export class Flow<out T> {
  /**
   * Opens the flow for one reader. Fails with a `ProtocolError` on a demand that is negative or not whole,
   * and when the flow emits beyond it; its end is told after its teardown.
   */
  readonly open: Open<T>

  /** @param name what a `ProtocolError` calls this flow */
  constructor(open: Open<T>, name = 'flow') {
    this.open = contract(name, open)
  }

  /** Reads one item for each that is wanted; leaving early returns the iterator. */
  static from<T>(items: Iterable<T> | AsyncIterable<T>): Flow<T> {
    return new Flow(
      (demand, scope) => iterate(items, demand, (work) => scope.hold(work, 'Flow.from')),
      'Flow.from',
    )
  }

  static of<T>(...items: readonly T[]): Flow<T> {
    return Flow.from(items)
  }

  /**
   * Takes in an observable, which knows no demand: `buffer` says how far it may run ahead, and what happens then.
   * @throws ProtocolError unless the capacity is a whole number from 0
   */
  static fromObservable<T>(source: Observable<T>, buffer: BufferOptions): Flow<T> {
    limit('Flow.fromObservable', 'capacity', buffer.capacity, 0)
    return new Flow((demand) => buffered(source, buffer, demand), 'Flow.fromObservable')
  }

  pipe(): Flow<T>
  pipe<A>(a: Stage<T, A>): Flow<A>
  pipe<A, B>(a: Stage<T, A>, b: Stage<A, B>): Flow<B>
  pipe<A, B, C>(a: Stage<T, A>, b: Stage<A, B>, c: Stage<B, C>): Flow<C>
  pipe<A, B, C, D>(a: Stage<T, A>, b: Stage<A, B>, c: Stage<B, C>, d: Stage<C, D>): Flow<D>
  pipe<A, B, C, D, E>(a: Stage<T, A>, b: Stage<A, B>, c: Stage<B, C>, d: Stage<C, D>, e: Stage<D, E>): Flow<E>
  pipe<A, B, C, D, E, F>(
    a: Stage<T, A>,
    b: Stage<A, B>,
    c: Stage<B, C>,
    d: Stage<C, D>,
    e: Stage<D, E>,
    f: Stage<E, F>,
  ): Flow<F>
  pipe<A, B, C, D, E, F, G>(
    a: Stage<T, A>,
    b: Stage<A, B>,
    c: Stage<B, C>,
    d: Stage<C, D>,
    e: Stage<D, E>,
    f: Stage<E, F>,
    g: Stage<F, G>,
  ): Flow<G>
  pipe<A, B, C, D, E, F, G, H>(
    a: Stage<T, A>,
    b: Stage<A, B>,
    c: Stage<B, C>,
    d: Stage<C, D>,
    e: Stage<D, E>,
    f: Stage<E, F>,
    g: Stage<F, G>,
    h: Stage<G, H>,
  ): Flow<H>
  // `never` in, `unknown` out is what all stages have in common; the overloads above say how they fit together.
  pipe(...stages: readonly Stage<never, unknown>[]): Flow<unknown> {
    return stages.reduce<Flow<unknown>>((flow, stage) => stage(flow as Flow<never>), this)
  }

  /** Leaves demand behind: everything is wanted at once. */
  toObservable(scope = new Scope()): Observable<T> {
    return this.open(of(Infinity), scope)
  }
}

/** What stands between two flows. It opens its input only when its output is opened, once for each reader. */
export type Stage<in In, out Out> = (input: Flow<In>) => Flow<Out>
