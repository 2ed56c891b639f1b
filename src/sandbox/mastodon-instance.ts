import { type MastodonQuirks, since } from './mastodon-quirks.ts';
import type { SimResponse } from './types.ts';

const types = [
  'image/jpeg',
  'image/png',
  'video/mp4',
  'video/quicktime',
  'video/webm',
  'video/ogg',
  'audio/mpeg',
];

/** https://docs.joinmastodon.org/entities/Instance/ ; undefined where the server is too old for it. */
export function instanceV2(host: string, quirks: MastodonQuirks): SimResponse | undefined {
  if (!since(quirks, 4, 0)) return undefined;
  return {
    status: 200,
    body: {
      domain: quirks.domain || host,
      title: `Simulated ${host}`,
      version: quirks.version,
      source_url: 'https://github.com/mastodon/mastodon',
      ...(since(quirks, 4, 3) ? { api_versions: { mastodon: since(quirks, 4, 6) ? 10 : 2 } } : {}),
      configuration: configuration(quirks),
      registrations: { enabled: true, approval_required: false },
      rules: [],
    },
  };
}

/** https://docs.joinmastodon.org/entities/V1_Instance/ */
export function instanceV1(host: string, quirks: MastodonQuirks): SimResponse {
  return {
    status: 200,
    body: {
      uri: quirks.domain || host,
      title: `Simulated ${host}`,
      short_description: '',
      email: `admin@${host}`,
      version: quirks.version,
      urls: { streaming_api: `wss://${host}` },
      stats: { user_count: 2, status_count: 0, domain_count: 1 },
      languages: ['en'],
      registrations: true,
      configuration: configuration(quirks),
      rules: [],
    },
  };
}

function configuration(quirks: MastodonQuirks): object {
  return {
    statuses: {
      max_characters: quirks.maxCharacters,
      max_media_attachments: 4,
      characters_reserved_per_url: 23,
    },
    media_attachments: {
      ...(since(quirks, 4, 4) ? { description_limit: 1500 } : {}),
      supported_mime_types: types,
      image_size_limit: 16_777_216,
      image_matrix_limit: 33_177_600,
      video_size_limit: quirks.videoBytes,
      video_frame_rate_limit: quirks.frameRate,
      video_matrix_limit: quirks.videoPixels,
    },
    polls: { max_options: 4, max_characters_per_option: 50, min_expiration: 300, max_expiration: 2_629_746 },
  };
}

/** RFC 8414, from 4.3 on. */
export function metadata(host: string, quirks: MastodonQuirks): SimResponse {
  if (!since(quirks, 4, 3)) return { status: 404, body: { error: 'Not Found' } };
  const at = (path: string) => `https://${host}${path}`;
  return {
    status: 200,
    body: {
      issuer: at('/'),
      authorization_endpoint: at('/oauth/authorize'),
      token_endpoint: at('/oauth/token'),
      revocation_endpoint: at('/oauth/revoke'),
      app_registration_endpoint: at('/api/v1/apps'),
      scopes_supported: [
        'read',
        'write',
        'read:accounts',
        'read:statuses',
        'write:media',
        'write:statuses',
        'profile',
      ],
      response_types_supported: ['code'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
      grant_types_supported: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      code_challenge_methods_supported: ['S256'],
    },
  };
}
