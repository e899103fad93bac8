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
    expect(pictures['heat-map.svg']).toContain('Seconds of a pull of r.example/a&#60;b&#62;:1')
    expect(pictures['heat-map.svg'].match(/class="setting"/g)).toHaveLength(2)
    expect(pictures['best-run.svg']).toContain('The fastest setting: 3 downloads and 1 unpack at once')
  })

  it('have a key of the shades, from the least to the most seconds', () => {
    const picture = drawBench(report)['heat-map.svg']
    const shades = [...picture.matchAll(/class="shade"[^>]* fill="(rgb\([^"]+\))"/g)].map(([, fill]) => fill)
    expect(shades.length).toBeGreaterThan(10)
    expect(new Set(shades).size).toBe(shades.length)
    expect([shades[0], shades.at(-1)]).toEqual(['rgb(226,240,250)', 'rgb(12,55,110)'])
    expect(picture).toContain('>1.50 s</text>')
    expect(picture).toContain('>4.00 s: darker is slower</text>')
    const equal = { ...report, settings: [result(1, 2), result(3, 2)] }
    expect(drawBench(equal)['heat-map.svg']).toContain('all are equal')
  })

  it('mark the settings that may be as fast as the fastest, and say so', () => {
    const marks = (...settings: SettingResult[]): number =>
      drawBench({ ...report, settings: [...settings, result(10, 9)] })['heat-map.svg'].split(
        'class="near-fastest"',
      ).length - 1
    expect(marks(result(1, 4), result(3, 1.5))).toBe(1)
    expect(marks(result(1, 1.6), result(3, 1.5))).toBe(2)
    expect(drawBench(report)['heat-map.svg']).toContain('the difference is within the noise')
  })

  it('say what the time before the layers are known is, and what a layer waits for', () => {
    const picture = drawBench(report)['best-run.svg']
    expect(picture).toContain('the manifest is fetched; from the dotted line on, the layers are known')
    // The plan was known after a tenth of the run, of which 720 pixels are drawn from 70 on.
    expect(picture).toMatch(/class="before-plan" x="70" y="\d+" width="72.0"/)
    expect(picture).toMatch(/class="plan" d="M142 /)
    expect(picture).toContain('is downloaded completely: waits for an unpack slot, or is unpacked')
    expect(picture).toContain('time since the start of the pull')
  })

  it('have legends above the data, within the picture', () => {
    for (const picture of Object.values(drawBench(report))) {
      const [, width] = /viewBox="0 0 (\d+) /.exec(picture)!
      const items = [
        ...picture.matchAll(/<g transform="translate\((\d+(?:\.\d+)?),(\d+)\)">.*?<text[^>]*>([^<]+)/g),
      ]
      expect(items.length).toBeGreaterThan(2)
      const ends = items.map(([, x, , text]) => Number(x) + 18 + 6.8 * text!.length)
      expect(Math.max(...ends)).toBeLessThan(Number(width))
      const [, firstRow] = /class="(?:setting|span)"[^>]* y="(\d+)"/.exec(picture)!
      expect(Math.max(...items.map(([, , y]) => Number(y))) + 14).toBeLessThan(Number(firstRow))
    }
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
