import { describeAnswers } from '../providers/contract/answers.ts'
import { describeBreaking } from '../providers/contract/breaking.ts'
import { givenOf, type ProviderSubject } from '../providers/contract/given.ts'
import { describeLeaving } from '../providers/contract/leaving.ts'
import { describePort } from '../providers/contract/port.ts'
import { describeRefusals } from '../providers/contract/refusals.ts'

/** The guarantees of `ModelProvider` that every dialect must keep, against the strict fake of its server. */
export function providerContract(subject: ProviderSubject): void {
  const given = givenOf(subject)
  describeAnswers(given)
  describeBreaking(given)
  describeRefusals(given)
  describeLeaving(given)
  describePort(given)
}
