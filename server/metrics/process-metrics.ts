/** Metrics of the process, with the names that the client libraries of Prometheus use. */
import { readdirSync } from 'node:fs'
import type { Metric, Sample } from './exposition.js'

/** Time at which the process started, in seconds since 1970. */
const startedAt = Math.round(performance.timeOrigin) / 1_000

/** Returns the metrics of this process. */
export function processMetrics(): readonly Metric[] {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return [
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      help: 'Time on processors, of all threads.',
      samples: [{ value: (user + system) / 1e6 }],
    },
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      help: 'Resident memory.',
      samples: [{ value: rss }],
    },
    {
      name: 'process_start_time_seconds',
      type: 'gauge',
      help: 'Start of the process, in seconds since 1970.',
      samples: [{ value: startedAt }],
    },
    {
      name: 'process_open_fds',
      type: 'gauge',
      help: 'Open file descriptors. Linux only.',
      samples: openFiles(),
    },
    {
      name: 'nodejs_heap_size_used_bytes',
      type: 'gauge',
      help: 'Memory in use on the heap of JavaScript.',
      samples: [{ value: heapUsed }],
    },
  ]
}

function openFiles(): readonly Sample[] {
  try {
    return [{ value: readdirSync('/proc/self/fd').length }]
  } catch {
    return []
  }
}
