CREATE TABLE "acknowledgements" (
	"erasure_id" text NOT NULL,
	"recorder_id" bigint NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "acknowledgements_erasure_id_recorder_id_pk" PRIMARY KEY("erasure_id","recorder_id")
);
--> statement-breakpoint
CREATE TABLE "erasures" (
	"id" text PRIMARY KEY NOT NULL,
	"order" text NOT NULL,
	"requested_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "evidence" (
	"recorder_id" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"text" text,
	"salt" "bytea",
	"leaf" "bytea" NOT NULL,
	"batch_first_seq" bigint NOT NULL,
	"batch_count" integer NOT NULL,
	"account" text,
	"topic_id" text,
	"last_at" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "evidence_recorder_id_seq_pk" PRIMARY KEY("recorder_id","seq")
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"id" text PRIMARY KEY NOT NULL,
	"account" text,
	"topic_id" text,
	"reason" text NOT NULL,
	"since" bigint NOT NULL,
	"lifted_at" bigint
);
--> statement-breakpoint
CREATE TABLE "purposes" (
	"commitment" text PRIMARY KEY NOT NULL,
	"lang" text,
	"text" text,
	"salt" "bytea"
);
--> statement-breakpoint
CREATE TABLE "report_evidence" (
	"report_hash" text NOT NULL,
	"recorder_id" bigint NOT NULL,
	"seq" bigint NOT NULL,
	CONSTRAINT "report_evidence_report_hash_recorder_id_seq_pk" PRIMARY KEY("report_hash","recorder_id","seq")
);
--> statement-breakpoint
CREATE INDEX "evidence_account" ON "evidence" USING btree ("account");--> statement-breakpoint
CREATE INDEX "evidence_topic" ON "evidence" USING btree ("topic_id");--> statement-breakpoint
CREATE INDEX "evidence_last" ON "evidence" USING btree ("last_at");--> statement-breakpoint
CREATE INDEX "report_evidence_record" ON "report_evidence" USING btree ("recorder_id","seq");