/** Formats the plan and the report of `windlass sync`. */
import { printable } from '../../../lib/codec/printable.js'
import { formatBytes } from '../../../lib/quantities.js'
import type { SyncItem, SyncOutcome, SyncPlan, SyncReport } from '../../../pipelines/index.js'
import type { Output } from '../../terminal/output.js'

/** Maximum length of a name in a line, in characters. */
const maxNameLength = 2_000

const nameOf = (name: string): string => printable(name, maxNameLength)

/** Returns the line of an item of a plan. */
export function itemLine({ action, from, to }: SyncItem): string {
  const verb = action.padEnd(9)
  return from === undefined ? `${verb} ${nameOf(to)}` : `${verb} ${nameOf(from)} -> ${nameOf(to)}`
}

/** Returns the line of an outcome. */
export const outcomeLine = ({ result, to, expected }: SyncOutcome): string =>
  `${result.padEnd(9)} ${nameOf(to)}${expected === undefined || to.endsWith(`@${expected}`) ? '' : `@${expected}`}`

/** Returns the summary of a plan: `1 copy, 12 equal`. */
export const planSummary = ({ counts }: SyncPlan): string => countsText(counts)

/** Returns the summary of a report: `1 copied, 12 equal; 3.1 MB of 4.2 MB sent`. */
export function reportSummary({ counts, bytes }: SyncReport): string {
  const sent = bytes.total === 0 ? '' : `; ${formatBytes(bytes.copied)} of ${formatBytes(bytes.total)} sent`
  return countsText(counts) + sent
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const present = Object.entries(counts).filter(([, count]) => count > 0)
  return present.length === 0
    ? 'nothing to do'
    : present.map(([name, count]) => `${count} ${name}`).join(', ')
}

/** Prints a plan: a line for each item that is not equal, and the summary. With `json`, a line for each item. */
export async function printPlan(plan: SyncPlan, json: boolean, output: Output): Promise<void> {
  if (json) {
    for (const item of plan.items) await output.json(item)
    await output.json({ summary: { counts: plan.counts } })
    return
  }
  for (const item of plan.items) if (item.action !== 'equal') await output.line(itemLine(item))
  await output.line(planSummary(plan))
}

/** Prints a report: a line for each change, and the summary. With `json`, a line for each outcome. */
export async function printReport(report: SyncReport, json: boolean, output: Output): Promise<void> {
  if (json) {
    for (const outcome of report.outcomes) await output.json(outcome)
    const { counts, bytes, duration } = report
    await output.json({ summary: { counts, bytes, duration } })
    return
  }
  for (const outcome of report.outcomes)
    if (outcome.result !== 'equal') await output.line(outcomeLine(outcome))
  await output.line(reportSummary(report))
}
