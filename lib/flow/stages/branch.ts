/** Provides `branch`, which routes elements to different stages and merges their results. */
import { Observable, Subject, type Subscriber, finalize, map } from 'rxjs'
import type { Demand } from '../flows/demand.js'
import { expand } from './expand.js'
import { Flow, type Stage } from '../flows/flow.js'
import { ProtocolError } from '../flows/protocol-error.js'
import type { Scope } from '../lifetime/scope.js'
import { trampoline } from '../lifetime/trampoline.js'

type OutputOf<Each> = Each extends Stage<never, infer Out> ? Out : never

/** The input of one case. */
interface CaseInput<T> {
  /** Number of elements that the case has requested and not received. */
  wanted: number
  out?: Subscriber<T>
  /** Whether the case has ended. */
  closed: boolean
}

/**
 * Passes each element to the case that `select` names, and emits the results of all cases as they become ready. While
 * an element waits for its case, no further one is read, so a busy case delays the others. When a case ends early, the
 * run continues, and later elements of that case are dropped.
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
  const entries = Object.entries(cases)
  if (entries.length === 0) throw new ProtocolError('branch', 'needs at least one case')
  const read = (input: Flow<In>, demand: Demand, scope: Scope): Observable<Out> =>
    new Observable((out) => {
      const upstream = new Subject<number>()
      const inputs = new Map<string, CaseInput<In>>(
        entries.map(([key]) => [key, { wanted: 0, closed: false }]),
      )
      let waiting: { readonly caseInput: CaseInput<In>; readonly value: In } | undefined
      let requested = false
      let ended = false
      const drain = trampoline(() => {
        if (waiting !== undefined) {
          const { caseInput, value } = waiting
          if (caseInput.wanted === 0 && !caseInput.closed) return
          waiting = undefined
          caseInput.wanted--
          caseInput.out?.next(value)
        }
        if (ended) for (const caseInput of inputs.values()) caseInput.out?.complete()
        else if (!requested && [...inputs.values()].some(({ wanted, closed }) => wanted > 0 && !closed)) {
          requested = true
          upstream.next(1)
        }
      })
      const resultsOf = ([key, stage]: (typeof entries)[number]): Flow<Out> => {
        const caseInput = inputs.get(key)!
        const caseFlow = new Flow<In>(
          (caseDemand) =>
            new Observable((caseOut) => {
              caseInput.out = caseOut
              return caseDemand.subscribe((count) => {
                caseInput.wanted += count
                drain()
              })
            }),
          `branch ${key}`,
        )
        const leave = (): void => {
          caseInput.closed = true
          drain()
        }
        return new Flow(
          (caseDemand, caseScope) => stage(caseFlow).open(caseDemand, caseScope).pipe(finalize(leave)),
          `branch ${key}`,
        )
      }
      const selected = input.open(upstream, scope).pipe(map((value) => ({ value, key: select(value) })))
      const reading = selected.subscribe({
        next: ({ value, key }) => {
          requested = false
          const caseInput = inputs.get(key)
          if (caseInput === undefined) {
            const known = [...inputs.keys()].join(', ')
            out.error(new ProtocolError('branch', `there is no case named ${key}, only ${known}`))
            return
          }
          waiting = { caseInput, value }
          drain()
        },
        error: (error: unknown) => out.error(error),
        complete: () => {
          ended = true
          drain()
        },
      })
      out.add(reading)
      const merged = Flow.from(entries).pipe(expand(resultsOf, { slots: entries.length, name: 'branch' }))
      out.add(merged.open(demand, scope).subscribe(out))
    })
  return (input) => new Flow((demand, scope) => read(input, demand, scope), 'branch')
}
