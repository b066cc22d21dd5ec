<?php
// Installs WordPress as its own installer does, without mail, and switches Akismet and us on.

define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST'] = $argv[2];
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

function wp_mail() {
	return true;
}

wp_install( 'Blatt', 'redaktion', 'redaktion@example.com', true, '', 'a password of the tests' );
update_option( 'siteurl', 'http://' . $argv[2] );
update_option( 'home', 'http://' . $argv[2] );
update_option( 'active_plugins', array( 'akismet/akismet.php', 'gatehouse.php' ) );
update_option( 'comment_previously_approved', '0' );  // a comment that nobody holds is published
update_option( 'comments_notify', '0' );
update_option( 'moderation_notify', '0' );
