/** Starts the pulls of a list of images, and of those in a report that failed. */
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
import { type Pull, PullRun } from '../pull-run.js'
import { PullSetRun } from '../pull-set.js'

/** Starts one pull. */
export type StartOne = (name: string, options: PullOptions) => Pull

/** @throws USAGE for an invalid option. A name that is invalid is a failure in the report. */
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

/** @throws USAGE for an invalid option, or a report that is none */
export function startRetry(
  report: PullReport,
  options: RetryFailedOptions,
  pull: StartOne,
): PullSetRun<PullReport> {
  checkArgument('retryFailed', 'report', pullReport, report)
  checkOptions('retryFailed', retryFailedTable, options)
  const { all = false, ...pullOptions } = options
  const failed = report.outcomes.filter((each) => isFailedName(each) && (all || each.error.retryable))
  const names = failed.map((before) => ({ name: before.name, before }))
  return startNames(names, pullOptions, pull, (retried) => {
    const anew = new Map(failed.map((each, at) => [each, retried.outcomes[at]!]))
    const outcomes = report.outcomes.map((each) => anew.get(each) ?? each)
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
      const line = compose(pullMany({ concurrency, failFast, start }), lift(map(finish)))
      return Promise.resolve(Flow.from(names).pipe(line))
    },
  })
}

/** Starts a pull. One that cannot start, because its name is invalid, is a pull that fails. */
function startOne(name: string, options: PullOptions, pull: StartOne): Pull {
  try {
    return pull(name, options)
  } catch (error) {
    return new PullRun({
      ...{ what: 'pull', start: undefined, signal: undefined },
      prepare: () => Promise.reject(error), // a WindlassError, as all errors of `pull`
    })
  }
}
