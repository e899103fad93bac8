import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Counter, Histogram, exposition } from '../../../server/metrics/exposition.js'
import { parseExposition } from '../../support/parse-exposition.js'

describe('the text of metrics', () => {
  it('has the help, the type and the samples of each metric', () => {
    const errors = new Counter()
    errors.add({ code: 'NETWORK' })
    errors.add({ code: 'NETWORK' }, 2)
    const durations = new Histogram([0.5, 2])
    for (const seconds of [0.1, 1, 1, 5]) durations.observe(seconds)
    const text = exposition([
      { name: 'errors_total', type: 'counter', help: 'Errors.', samples: errors.samples },
      { name: 'duration_seconds', type: 'histogram', help: 'Durations.', samples: durations.samples },
    ])
    expect(text).toBe(`# HELP errors_total Errors.
# TYPE errors_total counter
errors_total{code="NETWORK"} 3
# HELP duration_seconds Durations.
# TYPE duration_seconds histogram
duration_seconds_bucket{le="0.5"} 1
duration_seconds_bucket{le="2"} 3
duration_seconds_bucket{le="+Inf"} 4
duration_seconds_sum 7.1
duration_seconds_count 4
`)
  })

  it('can be read back, whatever the labels, the help and the values are', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', ',', '}', '=', 'é', ' ') })
    const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/)
    const samples = fc.uniqueArray(
      fc.record({ labels: fc.dictionary(name, text, { noNullPrototype: true }), value: fc.double() }),
      { selector: ({ labels }) => JSON.stringify(Object.entries(labels).sort()), maxLength: 4 },
    )
    fc.assert(
      fc.property(text, samples, (help, given) => {
        const [read] = parseExposition(
          exposition([{ name: 'a_metric', type: 'gauge', help, samples: given }]),
        )
        expect(read).toMatchObject({ name: 'a_metric', type: 'gauge', help })
        expect(read!.samples.map(({ labels, value }) => ({ labels, value: value + 0 }))).toEqual(
          given.map(({ labels, value }) => ({ labels, value: value + 0 })),
        )
      }),
    )
  })
})
