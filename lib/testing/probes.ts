/** Probes for flows: a source and a reader that a test controls, and marble diagrams with demand. */
export { type FlowExpectation, type FlowMarbles, flowMarbles } from './probes-marbles.js'
export { type SinkProbe, type SinkProbeOptions, sinkProbe } from './probes-sink.js'
export { type SourceProbe, sourceProbe } from './probes-source.js'
