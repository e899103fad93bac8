/** Provides `Flow`, a stream whose reader requests the elements, and `Stage`, a function from one flow to another. */
import { type Observable, of } from 'rxjs'
import { type BufferOptions, withBuffer } from './with-buffer.js'
import { type Open, enforceContract } from './contract.js'
import { iterate } from './iterate.js'
import { validateCount } from './validate-count.js'
import { Scope } from '../lifetime/scope.js'

/**
 * A cold stream that emits only as many elements as its reader has requested (its demand). A flow can be opened any
 * number of times.
 */
export class Flow<out T> {
  /**
   * Opens the flow for one reader. The completion or error is emitted after the teardown.
   * @throws ProtocolError (as an error of the flow) on demand that is negative or not a whole number, and when the flow
   *   emits more than requested
   */
  readonly open: Open<T>

  /** @param name name of this flow in a `ProtocolError` */
  constructor(open: Open<T>, name = 'flow') {
    this.open = enforceContract(name, open)
  }

  /**
   * Creates a flow of `items`. Reads one item per requested element. Unsubscribing early calls `return` of the
   * iterator.
   */
  static from<T>(items: Iterable<T> | AsyncIterable<T>): Flow<T> {
    return new Flow(
      (demand, scope) => iterate(items, demand, (work) => scope.hold(work, 'Flow.from')),
      'Flow.from',
    )
  }

  /** Creates a flow of the given items. */
  static of<T>(...items: readonly T[]): Flow<T> {
    return Flow.from(items)
  }

  /**
   * Creates a flow of an observable. Elements that are not requested yet wait in the buffer.
   * @throws ProtocolError unless the capacity is a whole number of at least 0
   */
  static fromObservable<T>(source: Observable<T>, buffer: BufferOptions): Flow<T> {
    validateCount('Flow.fromObservable', 'capacity', buffer.capacity, 0)
    return new Flow((demand) => withBuffer(source, buffer, demand), 'Flow.fromObservable')
  }

  /** Passes the flow through the given stages in order. */
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
  // All stages are assignable to Stage<never, unknown>; the overloads above check that they fit together.
  pipe(...stages: readonly Stage<never, unknown>[]): Flow<unknown> {
    return stages.reduce<Flow<unknown>>((flow, stage) => stage(flow as Flow<never>), this)
  }

  /** Converts the flow to an observable that requests all elements at once. */
  toObservable(scope = new Scope()): Observable<T> {
    return this.open(of(Infinity), scope)
  }
}

/** Returns a flow that processes the elements of `input`. Opening that flow opens `input`, once per reader. */
export type Stage<in In, out Out> = (input: Flow<In>) => Flow<Out>
