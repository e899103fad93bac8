import { describe, expect, it } from 'vitest'
import { evaluateGoals } from '../../benchmarks/reach.js'
import { comparison } from './comparison.js'

const said = (...of: Parameters<typeof evaluateGoals>[0]): string[] =>
  evaluateGoals(of).map(
    ({ reach, ratio, target, reached }) =>
      `${reach.what} / ${reach.against}: ${ratio.toFixed(2)} of ${target}: ${reached ? 'yes' : 'no'}`,
  )

const times = { windlass: 2, podman: 6, 'containerd (ctr)': 5, docker: 10, 'floor: curl, igzip, tar': 1.5 }

describe('reachedIn', () => {
  it('holds an unpacking pull against the fastest peer, the floor, its CPU and the memory of docker', () => {
    expect(said(comparison(times))).toEqual([
      'fetch, verify and unpack, store on tmpfs / the fastest of podman, docker, ctr, skopeo + umoci: 0.40 of 0.35: no',
      'the same / the floor: `curl`, `igzip`, `tar`: 1.33 of 1.2: no',
      "CPU seconds, fetch and unpack, store on tmpfs / the fastest peer's: 0.40 of 0.7: yes",
      "peak memory, the same / docker's, client and servers: 0.20 of 2: yes",
    ])
  })

  it('asks less where one big layer or many small ones leave nothing to do side by side', () => {
    const targetOf = (image: string): number => evaluateGoals([comparison(times, { image })])[0]!.target
    expect(['files', 'layers', 'big'].map(targetOf)).toEqual([0.35, 0.7, 0.9])
  })

  it('holds a pull that takes more than 5 s against what the link can transfer', () => {
    // 125 MB at 12.5 MB/s: 10 s.
    const over = (seconds: number, link = '100/40', bytes = 125e6) =>
      said(comparison({ windlass: seconds }, { link, bytes }))
    expect(over(11)).toEqual(['the same, over 100 Mbit/s with 40 ms / bytes / bandwidth: 1.10 of 1.05: no'])
    expect(over(10.2)[0]).toContain('1.02 of 1.05: yes')
    expect(over(10.2, '20/60')).toEqual([])
    expect(over(2.2, '100/40', 25e6)).toEqual([])
  })

  it('holds an image that is up to date against those that unpack', () => {
    const again = comparison({ windlass: 0.4, podman: 0.2, oras: 0.02 }, { work: 'again' })
    expect(said(again).map((line) => line.split(' / ')[1])).toEqual([
      'the fastest of podman, docker, ctr: 2.00 of 2.5: yes',
    ])
  })

  it('compares every Windlass, and none with another', () => {
    const times = { windlass: 2, 'windlass (Node 24)': 1, podman: 4, 'node: ask, hash, write': 0.1 }
    expect(
      said(comparison(times))
        .slice(0, 2)
        .map((line) => line.split(': ')[1]),
    ).toEqual(['0.50 of 0.35', '0.25 of 0.35'])
  })

  it('says nothing where nobody is there to be compared with', () => {
    expect(said(comparison({ windlass: 1 }), comparison({ podman: 1 }))).toEqual([])
  })
})
