import type { Answer } from '../http/answer.js';
import type { Party } from '../parties/party.js';

/** Why a route says nothing when its caller was not given an answer to a request of its own. */
export function refused(party: Party, { status, text }: Answer): string {
  const needed = [400, 415, 422].includes(status) ? ' Give it what it needs in samples.' : '';
  return `${nameOf(party)} was answered ${status}: ${text.slice(0, 120)}.${needed}${credentialsOf(party)}`;
}

/** Why it says nothing when what its caller was told (in words) was not its own. */
export function noneOfIts(party: Party, told: string): string {
  return `${nameOf(party)} ${told}.${credentialsOf(party)}`;
}

function nameOf({ name }: Party): string {
  return name === 'the owner' ? 'Its owner' : 'The intruder, asking for its own,';
}

/** That one who is not let in gets nothing of the owner's is no wonder. */
function credentialsOf({ name, tenant: { id } }: Party): string {
  return name === 'the owner' ? '' : ` Do the credentials asTenant gave for tenant ${id} let it in?`;
}
