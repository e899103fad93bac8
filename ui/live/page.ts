/** Provides `Page`: it follows the server, keeps what the user chose, and draws at most four times a second, in one animation frame. */
import { WindlassClient } from '../../lib/api/client.js'
import type { ServerMessage } from '../../lib/api/messages.js'
import { type ServerState, emptyServerState, reduceServer } from '../../lib/api/server-state.js'
import type { PastPull, StoredImages } from '../../lib/api/shapes.js'
import { Announcer } from '../facts/announcements.js'
import type { Preferences } from '../facts/choices.js'
import { ClosingSlots } from '../facts/closing.js'
import { shortName } from '../facts/names.js'
import { percent } from '../facts/numbers.js'
import { nameOf } from '../facts/pull-words.js'
import { CalmVerdict } from '../facts/verdict.js'
import { type Frame, type Link, type Screen, type Sight, type View, frameOf } from './frame.js'
import { readPreferences, showTheme, writePreferences } from './preferences.js'
import { forgetToken } from './session.js'

/** Milliseconds between two drawings; with reduced motion. */
const interval = 250
const calmInterval = 1_000

const views: readonly View[] = ['pulls', 'images', 'history']

/** The page of one server. */
export class Page {
  readonly client: WindlassClient
  readonly #show: (frame: Frame) => void
  readonly #calm = new CalmVerdict()
  readonly #announcer = new Announcer()
  readonly #closing = { downloads: new ClosingSlots(), unpacks: new ClosingSlots() }
  /** Selector of what gets the focus as soon as it is there. */
  #focus: string | undefined
  readonly #pending = new Set<string>()
  readonly #reduced = matchMedia('(prefers-reduced-motion: reduce)')
  #state: ServerState = emptyServerState
  #offset = 0
  #link: Link
  #sight: Sight = { ...sightOf(location.hash), hasKeysOpen: false }
  #preferences: Preferences = readPreferences()
  #history: readonly PastPull[] | undefined
  #images: StoredImages | undefined
  /** Value of `imageChanges` for which history and images were loaded. */
  #loaded = -1
  #isLoading = false
  #isDirty = true
  #isScheduled = false
  #drawnAt = 0
  #measured: Screen | undefined
  /** A pull that was just started, and is not in the list yet. */
  #expected: string | undefined

  /** @param show draws a frame */
  constructor(token: string | undefined, show: (frame: Frame) => void) {
    this.client = new WindlassClient({ url: location.origin, ...(token !== undefined && { token }) })
    this.#link = { state: token === undefined ? 'refused' : 'connecting' }
    this.#show = show
  }

  /** Connects, and begins to draw. */
  start(): void {
    showTheme(this.#preferences.theme)
    if (this.#link.state !== 'refused') this.#follow()
    setInterval(() => this.#tick(), interval)
    addEventListener('resize', () => {
      this.#measured = undefined
      this.draw()
    })
    addEventListener('hashchange', () => this.#arrive())
    addEventListener('scroll', () => (this.#isDirty = true), { passive: true })
    document.addEventListener('visibilitychange', () => this.draw())
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw())
    this.draw()
  }

  get preferences(): Preferences {
    return this.#preferences
  }

  get sight(): Sight {
    return this.#sight
  }

  get state(): ServerState {
    return this.#state
  }

  /** Changes what is looked at, and draws. */
  look(change: Partial<Sight>): void {
    if (change.chosen !== undefined) this.#expected = change.chosen
    this.#sight = { ...this.#sight, ...change }
    this.draw()
  }

  /** Opens a view. The address changes with it, so that Back returns. */
  open(view: View, image?: string): void {
    if (image !== undefined) this.#sight = { ...this.#sight, image }
    if (view === this.#sight.view && !this.#sight.isDetail) this.draw()
    else location.hash = view
  }

  /** Chooses a pull. On a phone its detail opens, as an entry of the history of the browser. */
  choose(id: string): void {
    this.#sight = { ...this.#sight, chosen: id, layer: undefined }
    if (this.#screen().isPhone) location.hash = 'detail'
    else this.draw()
  }

  /** Changes what is kept on this machine. */
  prefer(change: Partial<Preferences>): void {
    this.#preferences = { ...this.#preferences, ...change }
    writePreferences(this.#preferences)
    showTheme(this.#preferences.theme)
    this.draw()
  }

  /**
   * Runs a request to the server. Until it is answered `key` is pending; if it is refused, the reason is announced. Returns
   * whether it succeeded.
   */
  async act(key: string, request: (client: WindlassClient) => Promise<unknown>): Promise<boolean> {
    this.#pending.add(key)
    this.draw()
    try {
      await request(this.client)
      return true
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error))
      return false
    } finally {
      this.#pending.delete(key)
      this.draw()
    }
  }

  /** Tells a screen reader the answer to what the user did. */
  say(sentence: string): void {
    this.#announcer.answer(sentence)
    this.draw()
  }

  /** Gives the focus to the first element of a selector, as soon as there is one. */
  focusOn(selector: string): void {
    this.#focus = selector
    this.draw()
  }

  #giveFocus(): void {
    const target = this.#focus === undefined ? null : document.querySelector<HTMLElement>(this.#focus)
    if (!target) return
    this.#focus = undefined
    target.focus({ preventScroll: true })
  }

  /** Draws in the next animation frame. */
  draw(): void {
    this.#isDirty = true
    if (this.#isScheduled || document.hidden) return
    this.#isScheduled = true
    requestAnimationFrame(() => {
      this.#isScheduled = false
      this.#isDirty = false
      this.#drawnAt = performance.now()
      this.#draw()
    })
  }

  #follow(): void {
    this.client
      .messages({
        onConnection: (connection, retry) => {
          this.#link =
            connection.state === 'connected'
              ? { state: 'connected' }
              : {
                  state: 'lost',
                  since: this.#link.state === 'lost' ? this.#link.since : this.#now(),
                  triesAt: connection.triesAt,
                  retry,
                  error: connection.error,
                }
          this.draw()
        },
      })
      .subscribe({
        next: (message) => this.#take(message),
        error: () => {
          forgetToken()
          this.#link = { state: 'refused' }
          this.draw()
        },
      })
  }

  #take(message: ServerMessage): void {
    // The clock of the server is at least at the time of a message. The quickest message tells it best.
    const isNew = message.type === 'state' && message.server.run !== this.#state.server?.run
    const offset = timeOf(message) - Date.now()
    this.#offset = isNew ? offset : Math.max(this.#offset, offset)
    this.#state = reduceServer(this.#state, message)
    this.#isDirty = true
  }

  #tick(): void {
    const wait = this.#reduced.matches ? calmInterval : interval
    const isMoving =
      this.#link.state === 'lost' ||
      this.#state.pulls.some(({ record }) => record.state === 'running' || record.state === 'paused')
    if (document.hidden || !(this.#isDirty || isMoving) || performance.now() - this.#drawnAt < wait - 20)
      return
    this.draw()
  }

  #draw(): void {
    this.#keepChoice()
    const frame = frameOf(
      {
        ...{
          state: this.#state,
          now: this.#link.state === 'lost' ? this.#link.since : this.#now(),
          link: this.#link,
        },
        ...{
          sight: this.#sight,
          preferences: this.#preferences,
          screen: this.#screen(),
          pending: new Set(this.#pending),
        },
        ...{ history: this.#history, images: this.#images },
        closing: {
          downloads: this.#closing.downloads.next(
            this.#state.slots.downloads,
            this.#state.limits?.maxDownloads ?? 0,
          ),
          unpacks: this.#closing.unpacks.next(this.#state.slots.unpacks, this.#state.limits?.maxUnpacks ?? 0),
        },
      },
      this.#calm,
    )
    if (this.#link.state === 'connected' && frame.state.server)
      this.#announcer.observe(frame.state.pulls, frame.verdict.title)
    this.#show(frame)
    this.#giveFocus()
    this.#announce()
    setTitle(frame)
    this.#load()
  }

  /** The chosen pull stays; if there is none, the last running one is chosen. */
  #keepChoice(): void {
    const { pulls } = this.#state
    if (pulls.some(({ record }) => record.id === this.#sight.chosen)) {
      this.#expected = undefined
      return
    }
    if (this.#expected !== undefined && this.#expected === this.#sight.chosen) return
    const resumed = pulls.find(
      ({ record }) => record.resumes !== undefined && record.resumes === this.#sight.chosen,
    )
    const running = pulls.find(({ record }) => record.state === 'running')
    const chosen = (resumed ?? running ?? pulls.at(-1))?.record.id
    this.#sight = { ...this.#sight, chosen, layer: undefined }
  }

  #announce(): void {
    const sentence = this.#announcer.next(performance.now())
    const region = document.getElementById('say')
    if (sentence !== undefined && region) region.textContent = sentence
  }

  /** Loads images and history when the server has said that they changed. */
  #load(): void {
    const { imageChanges } = this.#state
    if (this.#isLoading || this.#link.state !== 'connected' || imageChanges === this.#loaded) return
    this.#isLoading = true
    this.#loaded = imageChanges
    Promise.all([this.client.images(), this.client.history()])
      .then(
        ([images, history]) => {
          this.#images = images
          this.#history = history
        },
        (error: unknown) => this.say(error instanceof Error ? error.message : String(error)),
      )
      .finally(() => {
        this.#isLoading = false
        this.draw()
      })
      .catch(() => undefined)
  }

  #arrive(): void {
    if (location.hash.startsWith('#token=')) location.reload()
    this.#sight = { ...this.#sight, ...sightOf(location.hash) }
    this.draw()
    scrollTo(0, 0)
    // After a view changes, its heading has the focus.
    this.focusOn('[data-heading]')
  }

  #now = (): number => Date.now() + this.#offset

  /** The size of the window is measured when it changes only: to measure makes the browser lay the page out. */
  #screen(): Screen {
    this.#measured ??= {
      ...{ width: document.documentElement.clientWidth, height: innerHeight },
      isPhone: innerWidth < 700,
      isWide: innerWidth >= 1600,
      isStacked: innerWidth < 1100,
    }
    return this.#measured
  }
}

/** Time of a message on the clock of the server. */
function timeOf(message: ServerMessage): number {
  if (message.type === 'event') return Date.parse(message.event.time)
  return message.type === 'sample' ? message.line.at : message.at
}

const sightOf = (hash: string): Pick<Sight, 'view' | 'isDetail'> => {
  const name = hash.slice(1)
  return { view: views.find((view) => view === name) ?? 'pulls', isDetail: name === 'detail' }
}

/** `52 % train – Windlass`. */
function setTitle({ chosen }: Frame): void {
  const isRunning = chosen?.record.state === 'running'
  const title = isRunning
    ? `${percent(chosen.record.progress.fraction)} % ${shortName(nameOf(chosen))} – Windlass`
    : 'Windlass'
  if (document.title !== title) document.title = title
}
