{{- define "renkei.labels" -}}
app.kubernetes.io/name: renkei
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "renkei.select" -}}
app.kubernetes.io/name: renkei
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: node
{{- end }}

{{- define "renkei.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Not root, nothing beyond its volumes, no capability. */}}
{{- define "renkei.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "renkei.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* One URL for each role; the password is read from the Secret. libpq's keyword form. */}}
{{- define "renkei.urls" -}}
- name: RENKEI_DATABASE__ROOT_CERTIFICATE
  value: /run/database/ca.crt
{{- range $role := list "app" "auth" "job" "operator" "family" "migrate" "verify" "sealer" }}
{{ include "renkei.url" (dict "root" $ "role" $role) }}
{{- end }}
{{- end }}

{{- define "renkei.url" -}}
- name: PASSWORD_{{ upper .role }}
  valueFrom: {secretKeyRef: {name: {{ .root.Values.database.passwordsSecretName }}, key: {{ .role }}}}
- name: RENKEI_DATABASE__{{ upper .role }}
  value: host={{ .root.Release.Name }}-database-rw dbname=renkei user=renkei_{{ .role }} password=$(PASSWORD_{{ upper .role }}) connect_timeout=5
{{- end }}
