import { describe, expect, it } from 'vitest'
import { type BenchReport, type SettingResult, benchText, drawBench } from '../../../puller/bench/index.js'

const result = (downloads: number, seconds: number): SettingResult => ({
  setting: { downloads, unpacks: 1 },
  wall: { median: seconds, least: seconds - 0.1, most: seconds + 0.1, runs: 5 },
  cpu: { median: 1, least: 1, most: 1, runs: 5 },
  failures: [],
  bytesPerSecond: 1e6,
  retries: 2,
  waited: { slot: 0, download: 1, retry: 0, unpack: 0 },
  timeline: {
    spans: [{ layer: 'sha256:a', stage: 'download', from: 100, to: 900 }],
    ...{ plan: 100, end: 1000, waited: { slot: 0, download: 800, retry: 0, unpack: 0 } },
  },
})

const settings = [result(1, 4), result(3, 1.5)]
const report: BenchReport = {
  ...{ image: 'r.example/a<b>:1', started: '2026-01-01T00:00:00.000Z', duration: 61_000 },
  ...{ bytes: 5e6, layers: 4, settings, slowest: settings[0]!.setting, fastest: settings[1]!.setting },
  unmeasured: [{ setting: { downloads: 10, unpacks: 1 }, failures: [] }],
  recommended: { setting: settings[1]!.setting, why: 'It was the fastest.', noisy: false },
}

describe('the pictures of a report', () => {
  it('are well-formed SVG documents with escaped names', () => {
    const pictures = drawBench(report)
    expect(Object.keys(pictures)).toEqual(['heat-map.svg', 'best-run.svg', 'worst-run.svg'])
    for (const picture of Object.values(pictures)) {
      expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]+>\n[^]*<\/svg>\n$/)
      expect(picture).not.toContain('<b>')
    }
    expect(pictures['heat-map.svg']).toContain('Seconds for r.example/a&#60;b&#62;:1')
    expect(pictures['heat-map.svg'].match(/<rect/g)).toHaveLength(3)
    expect(pictures['best-run.svg']).toContain('The fastest setting: 3 downloads and 1 unpack at once')
  })

  it('can be drawn from a report that was parsed from JSON', () => {
    const copy = JSON.parse(JSON.stringify(report)) as BenchReport
    expect(drawBench(copy)['heat-map.svg']).toBe(drawBench(report)['heat-map.svg'])
  })
})

describe('the text of a report', () => {
  it('has a row for each setting, the recommendation, and the settings without a result', () => {
    const { summary, rows, conclusion } = benchText(report)
    expect(summary).toBe('r.example/a<b>:1: 4 layers, 5.00 MB, measured in 61 seconds')
    expect(rows).toEqual([
      ['1', '1', '4.00', '3.90-4.10', '5', '1.00 MB/s', '1.00', '2', ''],
      ['3', '1', '1.50', '1.40-1.60', '5', '1.00 MB/s', '1.00', '2', 'recommended'],
    ])
    expect(conclusion).toEqual([
      'Recommended: --max-downloads 3 --max-unpacks 1. It was the fastest.',
      'Not measured: 10 × 1: the budget was used before its first run',
    ])
  })
})
