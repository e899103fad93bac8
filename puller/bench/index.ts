/** Measures which limits on concurrency suit a registry, a link and a disk. */
export { type BenchReport, bench } from './bench.js'
export type { BenchOptions } from '../options/options.js'
export { type BenchPictures, drawBench } from './draw.js'
export type { BenchSetting, GridResult, Recommendation, SettingResult } from './grid.js'
export type { Spread } from './statistics.js'
export { type BenchText, benchText } from './table.js'
export type { Span, Timeline, TimelineStage } from './timeline.js'
