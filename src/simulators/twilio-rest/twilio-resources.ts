/** Twilio's resources as its REST API writes them. Source: https://www.twilio.com/docs/usage/api */
import type { CallProblem } from './callee-script.js';
import type { SimulatedOutboundCall } from './simulated-outbound-call.js';

/** A number of the account, with the settings that clients can change. */
export interface SimulatedNumber {
  readonly sid: string;
  /** E.164. */
  readonly phoneNumber: string;
  voiceUrl: string;
  voiceMethod: string;
  /** If it is set, Twilio ignores the voice URL. */
  voiceApplicationSid: string;
  statusCallback: string;
  statusCallbackMethod: string;
  /** If it is set, Twilio ignores the voice URL and the application. */
  readonly trunkSid: string | null;
  /** Whether it takes calls, not only messages. @default true */
  readonly voice?: boolean;
}

export function accountResource(account: {
  readonly sid: string;
  readonly type: 'Trial' | 'Full';
  readonly status: string;
}): object {
  return {
    sid: account.sid,
    friendly_name: 'A simulated account',
    status: account.status,
    type: account.type,
    owner_account_sid: account.sid,
    date_created: new Date(0).toUTCString(),
    date_updated: new Date(0).toUTCString(),
    uri: `/2010-04-01/Accounts/${account.sid}.json`,
    subresource_uris: {},
  };
}

export function numberResource(number: SimulatedNumber, accountSid: string): object {
  return {
    sid: number.sid,
    account_sid: accountSid,
    phone_number: number.phoneNumber,
    friendly_name: number.phoneNumber,
    api_version: '2010-04-01',
    capabilities: { voice: number.voice ?? true, sms: true, mms: false, fax: false },
    voice_url: number.voiceUrl,
    voice_method: number.voiceMethod,
    voice_application_sid: number.voiceApplicationSid,
    voice_fallback_url: '',
    voice_fallback_method: 'POST',
    status_callback: number.statusCallback,
    status_callback_method: number.statusCallbackMethod,
    trunk_sid: number.trunkSid,
    date_created: new Date(0).toUTCString(),
    date_updated: new Date(0).toUTCString(),
    uri: `/2010-04-01/Accounts/${accountSid}/IncomingPhoneNumbers/${number.sid}.json`,
  };
}

export function callResource(call: SimulatedOutboundCall, accountSid: string): object {
  const { sid, request, createdAt, status, isOver, durationS } = call;
  return {
    sid,
    account_sid: accountSid,
    api_version: '2010-04-01',
    direction: 'outbound-api',
    to: request.to,
    to_formatted: request.to,
    from: request.from,
    from_formatted: request.from,
    status,
    duration: isOver ? String(durationS) : null,
    price: null,
    price_unit: 'USD',
    answered_by: null,
    queue_time: '0',
    date_created: createdAt.toUTCString(),
    date_updated: createdAt.toUTCString(),
    start_time: createdAt.toUTCString(),
    end_time: isOver ? createdAt.toUTCString() : null,
    uri: `/2010-04-01/Accounts/${accountSid}/Calls/${sid}.json`,
    subresource_uris: {},
  };
}

/** An entry of Twilio's log. Its text is form-encoded, with the message as `Msg`. */
export function notificationResource({ code, message }: CallProblem, callSid: string): object {
  return {
    sid: `NO${callSid.slice(2)}`,
    call_sid: callSid,
    api_version: '2010-04-01',
    error_code: String(code),
    log: '0',
    message_date: new Date(0).toUTCString(),
    message_text: new URLSearchParams({
      LogLevel: 'ERROR',
      Msg: message,
      ErrorCode: String(code),
    }).toString(),
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    request_method: 'POST',
    request_url: '',
    date_created: new Date(0).toUTCString(),
    date_updated: new Date(0).toUTCString(),
  };
}

/** A recording of a call; clients wait until it is `completed`. */
export function recordingResource(
  call: SimulatedOutboundCall,
  sid: string,
  status: 'processing' | 'completed',
  accountSid: string,
): object {
  return {
    sid,
    account_sid: accountSid,
    call_sid: call.sid,
    channels: 2,
    source: 'OutboundAPI',
    status,
    duration: status === 'completed' ? String(call.durationS) : '-1',
    error_code: null,
    price: null,
    price_unit: 'USD',
    start_time: call.createdAt.toUTCString(),
    date_created: call.createdAt.toUTCString(),
    date_updated: call.createdAt.toUTCString(),
    uri: `/2010-04-01/Accounts/${accountSid}/Recordings/${sid}.json`,
  };
}

/** A single page with all items. */
export function listOf(name: string, items: readonly object[], uri: string): object {
  return {
    [name]: items,
    page: 0,
    page_size: 50,
    start: 0,
    end: Math.max(0, items.length - 1),
    uri,
    first_page_uri: uri,
    next_page_uri: null,
    previous_page_uri: null,
  };
}
