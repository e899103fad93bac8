import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { processMetrics } from '../../../server/metrics/process-metrics.js'

const valueOf = (name: string): number =>
  processMetrics().find((each) => each.name === name)!.samples[0]!.value

describe('the metrics of the process', () => {
  it('are in the units that their names state', () => {
    const { user, system } = process.cpuUsage()
    const seconds = valueOf('process_cpu_seconds_total')
    expect(seconds).toBeGreaterThanOrEqual((user + system) / 1e6)
    expect(seconds).toBeLessThan((user + system) / 1e6 + 60)
    const start = Date.now() / 1_000 - process.uptime()
    expect(Math.abs(valueOf('process_start_time_seconds') - start)).toBeLessThan(60)
    const { rss, heapUsed } = process.memoryUsage()
    expect(valueOf('process_resident_memory_bytes') / rss).toBeCloseTo(1, 0)
    expect(valueOf('nodejs_heap_size_used_bytes') / heapUsed).toBeCloseTo(1, 0)
    // Workers of the test runner open and close files meanwhile.
    const open = readdirSync('/proc/self/fd').length
    expect(Math.abs(valueOf('process_open_fds') - open)).toBeLessThan(20)
  })
})
