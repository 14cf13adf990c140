CREATE TABLE "reports" (
	"id" text PRIMARY KEY NOT NULL,
	"maker_id" bigint NOT NULL,
	"requester" text NOT NULL,
	"requested_at" bigint NOT NULL,
	"status" text NOT NULL,
	"details" text NOT NULL,
	"report_hash" text,
	"file" "bytea"
);
--> statement-breakpoint
CREATE INDEX "reports_requester" ON "reports" USING btree ("requester","requested_at");