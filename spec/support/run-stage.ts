/** Runs one element through a stage. */
import { Flow, Scope, type Stage } from '../../lib/flow/index.js'

/** Returns what the stage emits for `input`, and the events of the run. @throws the error of the stage */
export async function runStage<In, Out>(
  stage: Stage<In, Out>,
  input: In,
): Promise<{ readonly outputs: readonly Out[]; readonly events: readonly unknown[] }> {
  const scope = new Scope()
  const events: unknown[] = []
  const outputs: Out[] = []
  scope.events.subscribe((event) => events.push(event))
  try {
    await Flow.of(input)
      .pipe(stage)
      .toObservable(scope)
      .forEach((each) => void outputs.push(each))
    return { outputs, events }
  } finally {
    await scope.close()
  }
}
