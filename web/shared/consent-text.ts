import { ADDRESSES, type ConsentView, type Provider } from './consent';
import type { Localizer } from './i18n';
import type { Word } from './words';

export function providerText(provider: Provider, text: Localizer<Word>): string {
  return text.t(`provider_${provider}`);
}

/** A consent in one line: to home · Alipay ••1234; without an end where nothing was signed. */
export function consentText(consent: ConsentView, text: Localizer<Word>): string {
  const known = ADDRESSES.find((address) => address === consent.address);
  return text.t(consent.ends_with === '' ? 'consent_unsigned' : 'consent_line', {
    address: text.t(known === undefined ? 'address_other' : `address_${known}`),
    provider: providerText(consent.provider, text),
    end: consent.ends_with,
  });
}
