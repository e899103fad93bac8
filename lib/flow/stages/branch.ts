/** Provides `branch`, which routes elements to different stages and merges their results. */
import { Observable, Subject, type Subscriber, finalize, map } from 'rxjs'
import type { Demand } from '../flows/demand.js'
import { expand } from './expand.js'
import { Flow, type Stage } from '../flows/flow.js'
import { ProtocolError } from '../flows/protocol-error.js'
import type { Scope } from '../lifetime/scope.js'
import { trampoline } from '../lifetime/trampoline.js'

type OutputOf<Each> = Each extends Stage<never, infer Out> ? Out : never

/** The input of one case: its demand, its subscriber, and whether the case has ended. */
interface Gate<T> {
  wanted: number
  out?: Subscriber<T>
  closed: boolean
}

/**
 * Passes each element to the case that `select` names, and emits the results of all cases as they become ready. At most
 * one element waits for its case, so a case that is busy delays the others. A case that ends early receives no more
 * elements; its elements are dropped and the run continues.
 * @throws ProtocolError if `cases` is empty; also as an error of the flow if `select` returns an unknown case
 */
export function branch<In, Out, Key extends string>(
  select: (element: In) => Key,
  cases: { readonly [K in Key]: Stage<In, Out> },
): Stage<In, Out>
// Overload for cases with different result types: TypeScript does not infer a union for Out.
export function branch<In, Cases extends Readonly<Record<string, Stage<In, unknown>>>>(
  select: (element: In) => keyof Cases & string,
  cases: Cases,
): Stage<In, OutputOf<Cases[keyof Cases]>>
export function branch<In, Out>(
  select: (element: In) => string,
  cases: Readonly<Record<string, Stage<In, Out>>>,
): Stage<In, Out> {
  const lanes = Object.entries(cases)
  if (lanes.length === 0) throw new ProtocolError('branch', 'needs at least one case')
  const read = (input: Flow<In>, demand: Demand, scope: Scope): Observable<Out> =>
    new Observable((out) => {
      const upstream = new Subject<number>()
      const gates = new Map<string, Gate<In>>(lanes.map(([key]) => [key, { wanted: 0, closed: false }]))
      let held: { readonly gate: Gate<In>; readonly value: In } | undefined
      let requested = false
      let ended = false
      const drain = trampoline(() => {
        if (held !== undefined) {
          const { gate, value } = held
          if (gate.wanted === 0 && !gate.closed) return
          held = undefined
          gate.wanted--
          gate.out?.next(value)
        }
        if (ended) for (const gate of gates.values()) gate.out?.complete()
        else if (!requested && [...gates.values()].some(({ wanted, closed }) => wanted > 0 && !closed)) {
          requested = true
          upstream.next(1)
        }
      })
      const lane = ([key, stage]: (typeof lanes)[number]): Flow<Out> => {
        const gate = gates.get(key)!
        const fork = new Flow<In>(
          (wants) =>
            new Observable((into) => {
              gate.out = into
              return wants.subscribe((count) => {
                gate.wanted += count
                drain()
              })
            }),
          `branch ${key}`,
        )
        const leave = (): void => {
          gate.closed = true
          drain()
        }
        return new Flow(
          (wants, laneScope) => stage(fork).open(wants, laneScope).pipe(finalize(leave)),
          `branch ${key}`,
        )
      }
      const selected = input.open(upstream, scope).pipe(map((value) => ({ value, key: select(value) })))
      const reading = selected.subscribe({
        next: ({ value, key }) => {
          requested = false
          const gate = gates.get(key)
          if (gate === undefined) {
            const known = [...gates.keys()].join(', ')
            out.error(new ProtocolError('branch', `there is no case named ${key}, only ${known}`))
            return
          }
          held = { gate, value }
          drain()
        },
        error: (error: unknown) => out.error(error),
        complete: () => {
          ended = true
          drain()
        },
      })
      out.add(reading)
      const merged = Flow.from(lanes).pipe(expand(lane, { slots: lanes.length, name: 'branch' }))
      out.add(merged.open(demand, scope).subscribe(out))
    })
  return (input) => new Flow((demand, scope) => read(input, demand, scope), 'branch')
}
