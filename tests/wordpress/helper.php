<?php
// A must-use plugin of the tests: nobody waits between comments, and what Akismet heard is kept.

add_filter( 'wp_is_comment_flood', '__return_false', 99 );
add_action(
	'akismet_comment_check_response',
	function ( $response ) {
		$guid = isset( $response[0]['x-akismet-guid'] ) ? $response[0]['x-akismet-guid'] : '';
		update_option( 'test_heard', array( 'guid' => $guid, 'body' => $response[1] ) );
	}
);
