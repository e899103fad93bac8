/**
 * Runs specs on request with one instance of vitest, which keeps the modules that it compiled: `warm-specs.mjs` starts
 * this process, with the folder of the project as its argument. Each spec file still runs in a process of its own.
 *
 * For each message `{ changed, specs }` it compiles the files `changed` anew, and again before the next run, and runs the
 * specs up to the first failure. It sends `{ failed }`, the name of the first failure, as soon as there is one, and
 * `{ passed, output }` at the end.
 */
import { join } from 'node:path'
import { createVitest } from 'vitest/node'

const [directory] = process.argv.slice(2)

/** Names a failure by its test and the first line of its message. */
const nameOf = (what, errors) => {
  const [why = ''] = (errors?.[0]?.message ?? '').split('\n')
  return why === '' ? what : `${what}: ${why}`
}

let failures = []
function fail(what, errors) {
  const failed = nameOf(what, errors)
  if (failures.length === 0) process.send({ failed })
  failures.push(failed)
}

let passed = false
const reporter = {
  onTestCaseResult(test) {
    const { state, errors } = test.result()
    if (state === 'failed') fail(test.fullName, errors)
  },
  onTestSuiteResult(suite) {
    if (suite.errors().length > 0) fail(suite.fullName, suite.errors())
  },
  onTestModuleEnd(module) {
    if (module.errors().length > 0) fail(module.relativeModuleId, module.errors())
  },
  onTestRunEnd(_modules, errors, reason) {
    if (errors.length > 0) fail('outside of any test', errors)
    passed = reason === 'passed' && failures.length === 0
  },
}

const vitest = await createVitest('test', {
  root: directory,
  watch: false,
  bail: 1,
  maxWorkers: 1,
  testTimeout: 40_000,
  reporters: [reporter],
})

let compiled = [] // with the changes of the last run
async function run({ changed, specs }) {
  failures = []
  passed = false
  for (const path of [...compiled, ...changed]) vitest.invalidateFile(join(directory, path))
  compiled = changed
  const specifications = await vitest.globTestSpecifications(specs)
  if (specifications.length === 0) fail(`no spec in ${specs.join(', ')}`)
  else await vitest.runTestSpecifications(specifications)
  process.send({ passed, output: failures.join('\n') })
}

// One run at a time: the parent waits for the answer.
process.on('message', (request) => {
  run(request).catch((error) => {
    fail('the run of the specs', [error])
    process.send({ passed: false, output: failures.join('\n') })
  })
})
process.send({ ready: true })
