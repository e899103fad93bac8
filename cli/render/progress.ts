/** Provides the view of pulls that the user chose. */
import { DockerLines, encodeDockerLine } from '../../lib/events/docker-lines.js'
import { encodeEvent } from '../../lib/events/index.js'
import { jsonForTerminal } from '../terminal/json-for-terminal.js'
import type { Terminal } from '../terminal/terminal.js'
import { LinesView } from './lines-view.js'
import { paintFor } from './paint.js'
import { PlainView } from './plain-view.js'
import type { ProgressView } from './progress-view.js'
import { TerminalView } from './tty.js'

/**
 * Values of `--progress`. `auto` is `tty` on a terminal and `plain` elsewhere. `docker`: the lines of `/images/create` of Docker's API.
 */
export const progressKinds = ['auto', 'tty', 'plain', 'json', 'docker', 'none'] as const
/** Value of `--progress`. */
export type ProgressKind = (typeof progressKinds)[number]

/** Options of `progressView`. */
export interface ProgressViewOptions {
  /** Whether several pulls are shown (false). */
  readonly several?: boolean
  /** Number of pulls that will be shown (not known). */
  readonly expected?: number | undefined
  /** Whether JSON events of several pulls are mixed as they come (false: one pull after the other). */
  readonly isLive?: boolean
}

/** Returns a view that writes to stderr. */
export function progressView(
  kind: ProgressKind,
  { stderr, env }: Pick<Terminal, 'stderr' | 'env'>,
  { several = false, expected, isLive = false }: ProgressViewOptions = {},
): ProgressView {
  const write = (text: string): unknown => stderr.write(stderr.isTTY ? jsonForTerminal(text) : text)
  switch (kind === 'auto' ? (stderr.isTTY && env['TERM'] !== 'dumb' ? 'tty' : 'plain') : kind) {
    case 'tty':
      return new TerminalView(stderr, { several, expected, paint: paintFor(env) })
    case 'plain':
      return new PlainView(stderr)
    case 'json':
      return new LinesView(write, () => (event) => `${encodeEvent(event)}\n`, isLive)
    case 'docker':
      return new LinesView(write, dockerEncoder, isLive)
    case 'none':
      return new LinesView(
        () => undefined,
        () => () => '',
        isLive,
      )
  }
}

const dockerEncoder = () => {
  const lines = new DockerLines()
  return (event: Parameters<DockerLines['linesOf']>[0]): string =>
    lines.linesOf(event).map(encodeDockerLine).join('')
}
