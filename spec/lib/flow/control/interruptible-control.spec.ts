import { Observable } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { InterruptibleControl } from '../../../../lib/flow/control/interruptible-control.js'
import { WorkControl, pausableReplies } from '../../../../lib/flow/index.js'

describe('an interruptible control', () => {
  /** Subscribes to work that never ends; `log` receives its begins and ends. */
  function start(parent?: WorkControl) {
    const log: string[] = []
    const control = new InterruptibleControl(parent)
    const work = new Observable<never>(() => {
      log.push('begin')
      return () => log.push('end')
    })
    const subscription = pausableReplies(control, () => work).subscribe()
    return { log, control, subscription }
  }

  it('ends the work and lets it begin again', () => {
    const { log, control, subscription } = start()
    control.interrupt()
    expect(log).toEqual(['begin', 'end', 'begin'])
    expect(control.paused).toBe(false)
    subscription.unsubscribe()
    expect(log).toEqual(['begin', 'end', 'begin', 'end'])
  })

  it('does not let work begin that its parent has paused', () => {
    const parent = new WorkControl()
    const { log, control } = start(parent)
    parent.setPaused(true)
    control.interrupt()
    expect(log).toEqual(['begin', 'end'])
    parent.setPaused(false)
    expect(log).toEqual(['begin', 'end', 'begin'])
  })

  it('has the priority of its parent', () => {
    const parent = new WorkControl()
    parent.priority = 3
    expect(new InterruptibleControl(parent).priority).toBe(3)
    expect(new InterruptibleControl(undefined).priority).toBe(0)
  })
})
