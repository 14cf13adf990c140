CREATE TABLE `announced` (
	`id` integer PRIMARY KEY NOT NULL,
	`state` text NOT NULL
);
