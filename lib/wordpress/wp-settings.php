<?php
// Lies over WordPress's own file of this name while show-config.php runs a configuration: all that WordPress would know is known here, and it does not begin.
HoldfastConfig::$ended = true;
exit;
