CREATE TABLE `evidence` (
	`recorder_id` integer NOT NULL,
	`seq` integer NOT NULL,
	`text` text,
	`salt` blob,
	`leaf` blob NOT NULL,
	`batch_first_seq` integer NOT NULL,
	`batch_count` integer NOT NULL,
	PRIMARY KEY(`recorder_id`, `seq`)
);
