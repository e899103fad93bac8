/** Starts the pulls of a list of images, and retries the failed names of a report. */
import { map } from 'rxjs'
import { Flow, compose, lift } from '../../lib/flow/index.js'
import { type NameToPull, pullMany } from '../../pipelines/many/pull-many.js'
import { type PullReport, isFailedName, reportOf } from '../../pipelines/many/pull-report.js'
import { countPull } from './count-pull.js'
import { checkArgument, checkOptions } from '../options/check-options.js'
import { texts } from '../options/option-codecs.js'
import { pullManyTable, retryFailedTable } from '../options/option-table.js'
import type { PullManyOptions, PullOptions, RetryFailedOptions } from '../options/options.js'
import { pullReport } from '../options/report-codec.js'
import { ControlledRun } from '../control/controlled-run.js'
import type { Pull } from '../pull-run.js'
import { PullSetRun } from '../pull-set.js'

/** Starts one pull. */
export type StartOne = (name: string, options: PullOptions) => Pull

/** Starts `pullMany`. @throws USAGE for an invalid option. An invalid name is a failure in the report. */
export function startMany(
  names: readonly string[],
  options: PullManyOptions,
  pull: StartOne,
): PullSetRun<PullReport> {
  checkArgument('pullMany', 'names', texts, names)
  checkOptions('pullMany', pullManyTable, options)
  return startNames(
    names.map((name) => ({ name })),
    options,
    pull,
  )
}

/** Starts `retryFailed`. @throws USAGE for an invalid option or an invalid report */
export function startRetry(
  report: PullReport,
  options: RetryFailedOptions,
  pull: StartOne,
): PullSetRun<PullReport> {
  checkArgument('retryFailed', 'report', pullReport, report)
  checkOptions('retryFailed', retryFailedTable, options)
  const { all = false, ...pullOptions } = options
  const failed = report.outcomes.filter((each) => isFailedName(each) && (all || each.error.retryable))
  const names = failed.map((previous) => ({ name: previous.name, previous }))
  return startNames(names, pullOptions, pull, (retried) => {
    const newOutcomes = new Map(failed.map((each, at) => [each, retried.outcomes[at]!]))
    const outcomes = report.outcomes.map((each) => newOutcomes.get(each) ?? each)
    return reportOf(outcomes, report.duration + retried.duration)
  })
}

function startNames(
  names: readonly NameToPull[],
  { concurrency = 2, failFast = false, signal, ...options }: PullManyOptions,
  pull: StartOne,
  finish: (report: PullReport) => PullReport = (report) => report,
): PullSetRun<PullReport> {
  return new PullSetRun({
    signal,
    prepare: (announce) => {
      const start = (name: string) => {
        const started = startOne(name, options, pull)
        return countPull(announce({ name, pull: started }), started)
      }
      const pipeline = compose(pullMany({ concurrency, failFast, start }), lift(map(finish)))
      return Promise.resolve(Flow.from(names).pipe(pipeline))
    },
  })
}

/** Starts a pull. If the name is invalid, returns a pull that has failed. */
function startOne(name: string, options: PullOptions, pull: StartOne): Pull {
  try {
    return pull(name, options)
  } catch (error) {
    return new ControlledRun({
      ...{ what: 'pull', start: undefined, signal: undefined },
      prepare: () => Promise.reject(error), // a WindlassError, as all errors of `pull`
    })
  }
}
