/** A reporter for vitest that prints a line for each failure at once: `FAILED`, the name of the test, and the message. */
const failed = (what, errors) => {
  const [why = ''] = (errors?.[0]?.message ?? '').split('\n')
  process.stdout.write(`FAILED ${what}${why === '' ? '' : `: ${why}`}\n`)
}

export default class FirstFailure {
  onTestCaseResult(test) {
    const { state, errors } = test.result()
    if (state === 'failed') failed(test.fullName, errors)
  }

  onTestSuiteResult(suite) {
    if (suite.errors().length > 0) failed(suite.fullName, suite.errors())
  }

  onTestModuleEnd(module) {
    if (module.errors().length > 0) failed(module.relativeModuleId, module.errors())
  }

  onTestRunEnd(_modules, errors) {
    if (errors.length > 0) failed('outside of any test', errors)
  }
}
