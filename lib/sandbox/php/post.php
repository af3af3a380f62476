<?php
// Publishes a post and prints its number. Standard input: {"root", "title", "content"} as JSON.
$in = json_decode(stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR);
$_SERVER['HTTP_HOST'] = 'localhost';
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require $in['root'] . '/wp-load.php';
add_filter('pre_http_request', fn() => new WP_Error('sandbox', 'no network here'));
$post = ['post_title' => $in['title'], 'post_content' => $in['content'], 'post_status' => 'publish', 'post_author' => 1];
$id = wp_insert_post(wp_slash($post), true);
if (is_wp_error($id)) {
    fwrite(STDERR, $id->get_error_message());
    exit(1);
}
echo $id;
