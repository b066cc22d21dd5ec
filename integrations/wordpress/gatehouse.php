<?php
/**
 * Plugin Name: Gatehouse
 * Description: Lets the Akismet plugin ask your own Gatehouse, and holds comments while it cannot be reached.
 * Version: 0.1.0
 * Requires at least: 5.8
 * Requires PHP: 7.4
 * License: GPL-2.0-or-later OR Apache-2.0
 *
 * This file, unlike the rest of Gatehouse (Apache-2.0), may also be used under the GNU General
 * Public License, version 2 or later, so that it can go wherever WordPress goes.
 *
 * As a plugin it lies in wp-content/plugins/, as a must-use plugin in wp-content/mu-plugins/.
 * Settings, in wp-config.php or under Settings > Discussion (a constant wins):
 *
 *   define( 'GATEHOUSE_URL', 'https://gatehouse.example.org' );  // where the service answers
 *   define( 'GATEHOUSE_KEY', '0123456789ab' );  // of this site: 12 characters
 *   define( 'GATEHOUSE_SECONDS', 5 );           // how long a visitor waits at most
 *
 * SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0
 */

namespace Gatehouse;

defined( 'ABSPATH' ) || exit;

const AKISMET_HOST    = 'rest.akismet.com';
const GUID            = 'x-akismet-guid';
const DEFAULT_SECONDS = 5;

/** The service's address without a slash at its end; '' where none is set. */
function service_url(): string {
	$url = defined( 'GATEHOUSE_URL' ) ? GATEHOUSE_URL : get_option( 'gatehouse_url', '' );
	return is_string( $url ) && preg_match( '#^https?://[^\s/]#i', $url ) ? rtrim( $url, '/' ) : '';
}

/** The site's key; '' where none is set here, and then the Akismet plugin's own counts. */
function site_key(): string {
	$key = defined( 'GATEHOUSE_KEY' ) ? GATEHOUSE_KEY : get_option( 'gatehouse_key', '' );
	return is_string( $key ) ? trim( $key ) : '';
}

function seconds(): float {
	return defined( 'GATEHOUSE_SECONDS' ) ? max( 1.0, (float) GATEHOUSE_SECONDS ) : DEFAULT_SECONDS;
}

/**
 * Ask the service what the Akismet plugin asks rest.akismet.com.
 *
 * Whatever becomes of it, this is an answer and never a WP_Error: after an error the plugin would
 * try again twice, and the visitor would wait through it.
 *
 * @param false|array|\WP_Error $answer What another plugin has answered already.
 */
function ask_service( $answer, array $request, string $url ) {
	$service = service_url();
	$host    = strtolower( (string) wp_parse_url( $url, PHP_URL_HOST ) );
	if ( false !== $answer || '' === $service || ! is_akismet( $host ) ) {
		return $answer;
	}
	if ( is_akismet( strtolower( (string) wp_parse_url( $service, PHP_URL_HOST ) ) ) ) {
		return $answer; // Or we would ask ourselves without end.
	}
	$path   = (string) wp_parse_url( $url, PHP_URL_PATH );
	$query  = (string) wp_parse_url( $url, PHP_URL_QUERY );
	$target = $service . $path . ( '' === $query ? '' : "?$query" );
	$heard  = wp_remote_request( $target, bounded( $request ) );
	return is_from_service( $heard ) ? $heard : unreachable( basename( $path ) );
}

function is_akismet( string $host ): bool {
	return AKISMET_HOST === $host || substr( $host, -strlen( '.' . AKISMET_HOST ) ) === '.' . AKISMET_HOST;
}

/** The request with its own host, no redirection (which would lose the body), and an end to it. */
function bounded( array $request ): array {
	foreach ( array_keys( $request['headers'] ?? array() ) as $name ) {
		if ( 'host' === strtolower( $name ) ) {
			unset( $request['headers'][ $name ] );
		}
	}
	$request['redirection']  = 0;
	$request['_redirection'] = 0;
	$request['timeout']      = min( seconds(), (float) ( $request['timeout'] ?? seconds() ) );
	return $request;
}

/** The service puts a guid on every answer; a proxy's error page, or another server, has none. */
function is_from_service( $heard ): bool {
	return ! is_wp_error( $heard ) && '' !== (string) wp_remote_retrieve_header( $heard, GUID );
}

/**
 * What the Akismet plugin hears while the service cannot be reached.
 *
 * A check that has a guid but no verdict is held and asked again later, in every version of the
 * plugin; without a guid newer versions take the comment for unchecked and publish it.  To
 * everything else an empty body is no answer, and changes nothing.
 */
function unreachable( string $endpoint ): array {
	return array(
		'headers'  => array( GUID => wp_generate_uuid4() ),
		'body'     => 'comment-check' === $endpoint ? 'error' : '',
		'response' => array( 'code' => 503, 'message' => 'Service Unavailable' ),
		'cookies'  => array(),
		'filename' => null,
	);
}

/**
 * WordPress bounds how long an answer may take, but not how long it takes to connect.
 *
 * @param array $options Of the request, by reference.
 */
function bound_connecting( &$url, &$headers, &$data, &$type, &$options ): void {
	$service = service_url();
	if ( '' !== $service && 0 === strpos( (string) $url, $service . '/' ) ) {
		$options['connect_timeout'] = seconds();
	}
}

function key_for_akismet( $key ) {
	return '' !== service_url() && '' !== site_key() ? site_key() : $key;
}

function key_is_set_here( $is_set ) {
	return $is_set || ( '' !== service_url() && '' !== site_key() );
}

/** Two fields under Settings > Discussion, for those who do not edit wp-config.php. */
function add_settings(): void {
	add_settings_section( 'gatehouse', 'Gatehouse', '__return_null', 'discussion' );
	add_field( 'gatehouse_url', 'Gatehouse address', 'GATEHOUSE_URL', 'esc_url_raw' );
	add_field( 'gatehouse_key', 'Gatehouse key', 'GATEHOUSE_KEY', 'sanitize_key' );
}

function add_field( string $option, string $label, string $constant, string $clean ): void {
	register_setting( 'discussion', $option, array( 'sanitize_callback' => $clean ) );
	$show = function () use ( $option, $constant ) {
		if ( defined( $constant ) ) {
			printf( '<p>wp-config.php: <code>%s</code></p>', esc_html( $constant ) );
			return;
		}
		printf(
			'<input type="text" class="regular-text code" id="%1$s" name="%1$s" value="%2$s" autocomplete="off" />',
			esc_attr( $option ),
			esc_attr( (string) get_option( $option, '' ) )
		);
	};
	add_settings_field( $option, $label, $show, 'discussion', 'gatehouse', array( 'label_for' => $option ) );
}

add_filter( 'pre_http_request', __NAMESPACE__ . '\ask_service', 10, 3 );
add_action( 'requests-requests.before_request', __NAMESPACE__ . '\bound_connecting', 10, 5 );
add_filter( 'akismet_get_api_key', __NAMESPACE__ . '\key_for_akismet' );
add_filter( 'akismet_predefined_api_key', __NAMESPACE__ . '\key_is_set_here' );
add_action( 'admin_init', __NAMESPACE__ . '\add_settings' );
